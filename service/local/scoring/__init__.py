"""Frame → frame functions for engines of data frames: picklable, without state, one loaded model in each process."""
