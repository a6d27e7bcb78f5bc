"""The staff pages."""

from __future__ import annotations

from django.urls import path

from clinics.ui import agenda, cash, login, records, room

urlpatterns = [
    path("", agenda.agenda_page, name="agenda"),
    path("agenda/data/", agenda.agenda_data, name="agenda-data"),
    path("room/", room.room_page, name="room"),
    path("room/data/", room.room_data, name="room-data"),
    path("cash/", cash.cash_page, name="cash"),
    path("records/", records.find_chart_page, name="records"),
    path("records/<uuid:patient_id>/", records.chart_page, name="chart"),
    path("login/", login.log_in_page, name="login"),
    path("logout/", login.log_out_page, name="logout"),
    path("clinics/", login.switch_page, name="switch-clinic"),
]
