"""Several threads on one handle: calls come one after the other, and those that wait let others in."""

import pytest


@pytest.mark.memcheck
@pytest.mark.parametrize("mode, count", [("frames", 8000), ("messages", 8000), ("perform", 3000), ("multi", 3000)])
def test_all_messages_arrive_both_ways(run, request, echo, ca_file, mode, count):
    if request.config.getoption("--memcheck"):
        count //= 40
    assert run("threads", mode, echo.url + "/echo", count, ca_file).result(timeout=250) == [f"sent {count} received {count} strange 0"]


def test_messages_that_wait_for_the_socket_are_not_mixed(run, echo, ca_file):
    assert run("threads", "large", echo.url + "/echo", 40, ca_file).result(timeout=250) == ["sent 40 received 40 strange 0"]


def test_a_child_of_fork_finds_no_lock_that_is_held_for_ever(run, echo, ca_file):
    assert run("threads", "fork", echo.url + "/echo", 3000, ca_file).result(timeout=250) == ["sent 3000 received 3000 strange 0"]


def test_a_handle_that_performs_is_neither_performed_nor_freed_by_another_thread(run, ws_echo):
    assert run("threads", "twice", ws_echo.url + "/echo", 0).result() == [
        "second perform: 93 curl_easy_perform: a call of another thread on the same handle has not returned",
        "sent 0 received 0 strange 0",
    ]


@pytest.mark.memcheck
def test_a_member_that_another_thread_frees_in_its_callback_is_freed_after_it(run, echo, ca_file):
    lines = ["in the callback: ended 0", "cleaned up: callback over", "members: none", "sent 0 received 0 strange 0"]
    assert run("threads", "cleanup", echo.url + "/greeting", 0, ca_file).result() == lines


def test_a_handle_that_another_thread_adds_ends_the_wait_of_the_multi_handle(run, ws_echo):
    assert run("threads", "wake", ws_echo.url + "/echo", 0).result() == ["woken", "sent 0 received 0 strange 0"]


@pytest.mark.memcheck
def test_another_thread_ends_the_waits_of_one_handle(run, echo, ca_file):
    lines = ["poll: 0, events 0", "recv_message: 81", "sent 0 received 0 strange 0"]
    assert run("threads", "wakeup", echo.url + "/echo", 0, ca_file).result() == lines
