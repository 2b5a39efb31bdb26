"""What programs written for genro-storage 0.7 and 0.8 find under its old names, and others need not know.

Backend objects with synchronous methods, a manager's mounts as a mapping of them, and the parameter names of AWS's SDK.
"""
