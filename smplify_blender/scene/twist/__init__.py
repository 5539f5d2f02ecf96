"""Twist bones of a figure: limbs whose skin turns along their length, and not all at the wrist or the shoulder."""
