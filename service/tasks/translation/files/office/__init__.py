"""Office documents: archives of XML. Only the members with translated texts change, and only in their places.

python-docx, python-pptx and openpyxl write a whole document anew, and openpyxl drops what it does not know.
"""
