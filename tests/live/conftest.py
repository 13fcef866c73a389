"""What the tests of the views share."""

import pytest
from browsing import LOAD_MODULE


@pytest.fixture(scope="module")
def module(browser, request):
    """An empty page that has loaded the module of the test file's `VIEW` as `module`."""
    page = browser.new_page()
    page.evaluate(LOAD_MODULE, request.module.VIEW._esm)
    yield page
    page.close()
