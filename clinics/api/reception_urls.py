"""The addresses of the reception: the room, absences and closures, who has to be moved,
who waits,
whom to call again."""

from __future__ import annotations

from django.urls import path

from clinics.api import absences, moves, recall, reception, waiting

urlpatterns = [
    path("room/", reception.RoomView.as_view()),
    path("professionals/<uuid:row_id>/absences/", absences.AbsencesView.as_view()),
    path("professionals/<uuid:row_id>/absences/<uuid:absence_id>/", absences.AbsenceView.as_view()),
    path("closures/", absences.ClosuresView.as_view()),
    path("closures/<uuid:row_id>/", absences.ClosureView.as_view()),
    path("move-requests/", moves.MoveRequestsView.as_view()),
    path("move-requests/tell/", moves.TellView.as_view()),
    path("move-requests/<uuid:row_id>/told/", moves.ToldView.as_view()),
    path("patients/recall/", recall.RecallView.as_view()),
    path("waiting-list/", waiting.WaitingListView.as_view()),
    path("waiting-list/candidates/", waiting.CandidatesView.as_view()),
    path("waiting-list/<uuid:row_id>/offer/", waiting.OfferView.as_view()),
    path("waiting-list/<uuid:row_id>/withdraw/", waiting.WithdrawView.as_view()),
    path("waiting-list/<uuid:row_id>/book/", waiting.BookWaitingView.as_view()),
]
