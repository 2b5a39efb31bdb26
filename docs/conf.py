"""Sphinx: the guides as they are, the references from the docstrings and the headers. `./dev docs` runs it."""

import genro_storage

project = "genro-storage"
author = "the authors of genro-storage"
release = version = genro_storage.__version__

extensions = ["sphinx.ext.autodoc", "myst_parser", "breathe"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
# Pages link to files of the repository, which the site does not hold; each header opens the same namespace again.
suppress_warnings = ["myst.xref_missing", "duplicate_declaration.cpp"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # signatures of the compiled classes come from their text; the stubs hold the types
autodoc_default_options = {"members": True, "inherited-members": "object,dict,list,str,Exception", "no-index": False}

breathe_projects = {"genro_storage": "_build/doxygen/xml"}
breathe_default_project = "genro_storage"

html_theme = "furo"
html_title = f"genro-storage {release}"
html_static_path = []
