"""The demo picture that ships in docs/demo: the open body, posed by hand, in a studio of its own."""
