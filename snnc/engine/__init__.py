"""What runs networks: training, evaluation, streams. Imports TensorFlow and Nengo."""
