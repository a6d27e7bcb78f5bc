"""A transaction touches one clinic and `public`: it could not span two servers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest
from django.db import connection, transaction

from clinics.models import Chair
from clinics.tenancy.models import Clinic, Line
from dentalogic.core.backend.one_clinic import TwoClinics
from dentalogic.core.tenancy import clinic_scope, no_scope


def _chair(clinic: Clinic, name: str = "Sillón") -> None:
    with clinic_scope(clinic):
        Chair.objects.create(name=name)


def _chairs(clinic: Clinic) -> int:
    with clinic_scope(clinic):
        return Chair.objects.count()


@transaction.atomic
def _in_one_transaction(work: Callable[[Clinic], object], *clinics: Clinic) -> None:
    for clinic in clinics:
        work(clinic)


def test_a_second_clinic_is_refused(new_clinic: Callable[..., Clinic]) -> None:
    one, two = new_clinic(), new_clinic()
    with pytest.raises(TwoClinics):
        _in_one_transaction(_chair, one, two)
    # Nothing of either happened, and the connection is as good as before.
    assert (_chairs(one), _chairs(two)) == (0, 0)
    with transaction.atomic():
        _chair(two)
    assert (_chairs(one), _chairs(two)) == (0, 1)


def test_reading_the_second_is_refused_too(new_clinic: Callable[..., Clinic]) -> None:
    one, two = new_clinic(), new_clinic()
    with pytest.raises(TwoClinics):
        _in_one_transaction(_chairs, one, two)


def test_so_is_a_savepoint_for_the_second(new_clinic: Callable[..., Clinic]) -> None:
    one, two = new_clinic(), new_clinic()
    with transaction.atomic():
        _chair(one)
        with pytest.raises(TwoClinics), clinic_scope(two), transaction.atomic():
            Chair.objects.create(name="Sillón")
        _chair(one, "Otro")
    assert (_chairs(one), _chairs(two)) == (2, 0)


def test_public_belongs_to_every_transaction(new_clinic: Callable[..., Clinic]) -> None:
    one = new_clinic()
    with transaction.atomic():
        _chair(one)
        with no_scope():
            assert Line.objects.filter(clinic=one).count() == 1
        _chair(one, "Otro")
    assert _chairs(one) == 2


def test_one_after_the_other_is_fine(new_clinic: Callable[..., Clinic]) -> None:
    one, two = new_clinic(), new_clinic()
    create = transaction.atomic(_chair)
    # The same decorated function, so the same block object, and no statement in between.
    create(one)
    create(two)
    # Outside a transaction each statement is one of its own.
    _chair(one, "Otro")
    _chair(two, "Otro")
    assert (_chairs(one), _chairs(two)) == (2, 2)


def test_a_test_may_see_both_but_the_code_under_test_may_not(alfa: Clinic, beta: Clinic) -> None:
    assert connection.in_atomic_block
    _chair(alfa)
    _chair(beta)
    create = transaction.atomic(_chair)
    create(alfa, "Otro")
    create(beta, "Otro")
    with pytest.raises(TwoClinics):
        _in_one_transaction(partial(_chair, name="Tercero"), alfa, beta)
    assert (_chairs(alfa), _chairs(beta)) == (2, 2)


def test_a_connection_that_served_many_clinics_is_replaced(
    new_clinic: Callable[..., Clinic],
) -> None:
    clinics = [new_clinic(), new_clinic()] * 6
    pool = cast(Any, connection).pool
    usual, pool.max_clinics = pool.max_clinics, 1
    try:
        connection.close()
        assert len({_backend_of(clinic) for clinic in clinics}) == len(clinics)
        pool.max_clinics = usual
        # The pool may hold several by now, and takes them in turn; none of them is replaced.
        visits = clinics * (pool.max_size // len(clinics) + 2)
        assert len({_backend_of(clinic) for clinic in visits}) <= pool.max_size < len(visits)
    finally:
        pool.max_clinics = usual


def _backend_of(clinic: Clinic) -> int:
    """Visit a clinic on a connection of the pool, and give it back."""
    try:
        _chairs(clinic)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            found: int = cursor.fetchone()[0]
            return found
    finally:
        connection.close()
