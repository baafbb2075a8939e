"""The rack of file formats: one contract (`statements/contract.py`), one file or folder per format."""
