"""The priors on bodies, hands and faces, as costs with gradients that the fit adds up."""
