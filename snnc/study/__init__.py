"""A study: trials of a spec with other values, on items that are set aside, until the best of them are known. Optuna searches and stores."""
