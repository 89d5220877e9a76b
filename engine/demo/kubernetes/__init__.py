"""The demo on a real API server: requests of pods change in place while their usage follows a trace."""
