"""What the tests of the views in the plane share."""

import pytest
from browsing import LOAD_PLANE


@pytest.fixture(scope="module")
def module(browser, request):
    """An empty page that has loaded the module of the test file's `VIEW` as `plane`."""
    page = browser.new_page()
    page.evaluate(LOAD_PLANE, request.module.VIEW._esm)
    yield page
    page.close()
