"""The sidebar, one panel a file: each draws what `panel_state` says and decides nothing."""
