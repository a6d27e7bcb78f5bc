"""The addresses of money, below `/api/v1/`."""

from __future__ import annotations

from django.urls import path

from clinics.api import cash_flow, coverage, money, plans, plans_visits

urlpatterns = [
    path("transactions/", money.TransactionsView.as_view()),
    path("transactions/<uuid:row_id>/", money.TransactionView.as_view()),
    path("transactions/<uuid:row_id>/reverse/", money.ReverseView.as_view()),
    path("cash-flow/", cash_flow.CashFlowsView.as_view()),
    path("cash-flow/<str:day>/", cash_flow.CashFlowView.as_view()),
    path("cash-flow/<str:day>/close/", cash_flow.CloseView.as_view()),
    path("cash-flow/<str:day>/reopen/", cash_flow.ReopenView.as_view()),
    path("insurers/<uuid:row_id>/plans/", coverage.InsurerPlansView.as_view()),
    path("insurers/<uuid:row_id>/plans/<uuid:plan_id>/", coverage.InsurerPlanView.as_view()),
    path("coverages/", coverage.CoveragesView.as_view()),
    path("coverages/terms/", coverage.TermsView.as_view()),
    path("coverages/<uuid:row_id>/", coverage.CoverageView.as_view()),
    path("plans/", plans.PlansView.as_view()),
    path("plans/<uuid:row_id>/", plans.OnePlanView.as_view()),
    path("plans/<uuid:row_id>/propose/", plans.ProposeView.as_view()),
    path("plans/<uuid:row_id>/approve/", plans.ApproveView.as_view()),
    path("plans/<uuid:row_id>/reject/", plans.RejectView.as_view()),
    path("plans/<uuid:row_id>/cancel/", plans.CancelPlanView.as_view()),
    path("plans/<uuid:row_id>/items/", plans.PlanItemsView.as_view()),
    path("plans/<uuid:row_id>/items/<uuid:item_id>/", plans.PlanItemView.as_view()),
    path("plans/<uuid:row_id>/items/<uuid:item_id>/book/", plans_visits.BookItemView.as_view()),
    path("plans/<uuid:row_id>/items/<uuid:item_id>/done/", plans_visits.ItemDoneView.as_view()),
]
