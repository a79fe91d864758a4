"""What is known of a trained network, in one HTML file that needs no network: a module a section, values in and values out."""
