"""A pytest plugin: a failed test is told in full when it has failed, so that a run which never ends has told it too."""

import pytest


class FailuresAtOnce:
    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal

    @pytest.hookimpl(trylast=True)  # after the letter of the test
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.terminal.write_line(f"\nFAILED {report.nodeid} ({report.when})")
            self.terminal.write_line(report.longreprtext)
            self.terminal.flush()


@pytest.hookimpl(trylast=True)  # when there is a terminal
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the processes of xdist report to the one that started them
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        config.pluginmanager.register(FailuresAtOnce(terminal))
