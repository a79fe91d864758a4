"""Items and labels: file headers, csv files, loading, split and scale, what is odd about values."""
