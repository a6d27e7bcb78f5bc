"""The addresses of money, below `/api/v1/`."""

from __future__ import annotations

from django.urls import path

from clinics.api import cash_flow, money

urlpatterns = [
    path("transactions/", money.TransactionsView.as_view()),
    path("transactions/<uuid:row_id>/", money.TransactionView.as_view()),
    path("transactions/<uuid:row_id>/reverse/", money.ReverseView.as_view()),
    path("cash-flow/", cash_flow.CashFlowsView.as_view()),
    path("cash-flow/<str:day>/", cash_flow.CashFlowView.as_view()),
    path("cash-flow/<str:day>/close/", cash_flow.CloseView.as_view()),
    path("cash-flow/<str:day>/reopen/", cash_flow.ReopenView.as_view()),
]
