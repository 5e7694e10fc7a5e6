"""Papers of the office: plain words and figures to DOCX, PDF and XLSX. Knows no case and no screen."""
