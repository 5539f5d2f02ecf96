"""What is built in Blender's data. Explicit arguments; the context only where an operator needs it."""
