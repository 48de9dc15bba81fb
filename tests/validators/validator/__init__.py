"""The harness around third-party validators: which tool judges which file of a built tree."""
