"""Running a graph: feeds, the interpreter, recordings and their schedule, the first NaN."""
