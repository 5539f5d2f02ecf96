"""The fit as a child process: command line, messages, start, poll and cancel. Free of bpy."""
