"""What tries to break bpcli: faults, kills, damaged and hostile files. ``tests/torture.py`` runs all of it."""
