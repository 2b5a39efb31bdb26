# Sourced by ./dev: the documentation as one site in docs/_build/html, guides and references, warnings being errors.
build_docs() {
  missing=$(dpkg-query -W -f='${db:Status-Status}' doxygen 2>/dev/null || true)
  [ "$missing" = installed ] || step "Debian: doxygen" install_packages doxygen
  "$venv/bin/python" -c 'import breathe, furo, myst_parser, sphinx' 2>/dev/null ||
    step "Python packages for the documentation" "$venv/bin/python" -m pip install -q -r requirements-docs.txt
  mkdir -p docs/_build
  step "headers (Doxygen)" doxygen docs/Doxyfile
  step "site (Sphinx)" "$venv/bin/python" -m sphinx -q -W --keep-going -b html docs docs/_build/html
  echo "docs/_build/html/index.html"
}
