"""Detectors of the user's own, in place of the eyes: a network file (ONNX), or an OpenPose program."""
