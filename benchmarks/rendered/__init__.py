"""Benchmark on rendered photos of bodies that are not the fitted one; `__main__.py` is its command line.

The data pass, in this order, through `bodies` (people of the anny package with bones of their own), `poses` (rules and
held-out motion capture), `scenes` (who stands how before which camera), `picture` (Blender's Cycles) and `points_file`
(an OpenPose file with a detector's habits) into the folder of `cache`; `fits` fits each case with the product, `posture` and
`judging` compare the fit with the truth, `tables` and `sheet` show it.
"""
