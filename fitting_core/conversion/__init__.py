"""Another program's result file in, a result folder of ours out."""
