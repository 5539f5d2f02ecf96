"""The networks of the eyes, made from a published package.

python -m tools.build_eyes            # downloads one package and writes fitting_core/data/eyes/*.npz
python -m tools.build_eyes --check    # compares what would be written with what is there, byte by byte
"""
