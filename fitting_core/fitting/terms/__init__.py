"""The parts of a fit's cost, one file each: keypoints, interpenetration, priors; `all_terms.py` lists them."""
