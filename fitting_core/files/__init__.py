"""Bytes of any file in, plain numbers and texts out, within a memory budget; whole files out, never half of one."""
