"""The walkthrough: one point forward, backward and one step on, as a sheet of text, equations and graphs."""
