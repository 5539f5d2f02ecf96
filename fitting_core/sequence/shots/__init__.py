"""What a clip's pictures show beside its people: cuts, a camera that moves, the colours of clothes."""
