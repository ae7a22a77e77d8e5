import logging

import azure.functions as func

from triggers.declared import declared_functions


def test_functions_come_without_the_librarys_noise(caplog):
    app = func.FunctionApp()

    @app.timer_trigger(arg_name="timer", schedule="0 * * * * *")
    def tick(timer) -> None:
        pass

    (found,) = declared_functions(app)

    assert found.get_function_name() == "tick"
    assert caplog.text == ""
    logging.warning("others are heard")  # noqa: LOG015 - the library uses the root logger
    assert "others are heard" in caplog.text
