"""Pictures of the open body for the eye: rest, face, hands, shapes, expressions and extreme poses."""
