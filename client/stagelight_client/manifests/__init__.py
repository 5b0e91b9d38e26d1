"""`stagelight corpus build`: a manifest out of a folder of documentation."""
