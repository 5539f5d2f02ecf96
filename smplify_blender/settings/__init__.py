"""The user's choices, in the preferences and the scene, as the plain values that a fit takes."""
