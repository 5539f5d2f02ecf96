"""Requests as JSON lines on stdin in, their answers on stdout out, from one process that stays."""
