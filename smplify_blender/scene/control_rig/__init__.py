"""Handles on a figure's own bones: inverse kinematics, poles, foot roll, curls and a gaze target, switched limb by limb."""
