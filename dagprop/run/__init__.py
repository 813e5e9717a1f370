"""Running a graph: feeds, the interpreter, recordings, the first NaN."""
