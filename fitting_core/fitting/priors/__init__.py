"""What bodies, hands and faces are likely to do, as costs with gradients that the fit adds up."""
