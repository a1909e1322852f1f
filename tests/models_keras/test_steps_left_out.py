"""What is timed beside training, the pipeline alone, holds no tracing once it has run."""


def test_samples_that_are_fed_again_are_traced_no_more(run_check):
    first, second = run_check("steps_left_out_check.py", "tensorflow")
    assert 0 < first == second
