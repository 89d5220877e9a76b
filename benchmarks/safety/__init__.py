"""How the engine keeps memory safe: kills until a container runs, and false alarms of leaks."""
