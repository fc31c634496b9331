"""Addresses of the desk, where officials decide."""

from django.urls import path

from procedures.views import desk, desk_case, desk_opinions

urlpatterns = [
    path("desk/", desk.Today.as_view(), name="desk"),
    path("desk/next/", desk.TakeNext.as_view(), name="desk_next"),
    path("desk/queue/", desk.Queue.as_view(), name="desk_queue"),
    path("desk/queue/several/", desk.Several.as_view(), name="desk_several"),
    path("desk/filters/", desk.KeepFilter.as_view(), name="desk_keep_filter"),
    path("desk/filters/<str:public_id>/", desk.DropFilter.as_view(), name="desk_drop_filter"),
    path("desk/colleagues/", desk.Colleagues.as_view(), name="desk_colleagues"),
    path("desk/colleagues/<str:public_id>/", desk.Cover.as_view(), name="desk_cover"),
    path("desk/opinions/<str:public_id>/", desk_opinions.Opinion.as_view(), name="desk_opinion"),
    path(
        "desk/opinions/<str:public_id>/files/<str:file_id>/",
        desk_opinions.OpinionPaper.as_view(),
        name="desk_opinion_paper",
    ),
    path("desk/<str:public_id>/", desk_case.Case.as_view(), name="desk_case"),
    path("desk/<str:public_id>/take/", desk_case.Take.as_view(), name="desk_take"),
    path("desk/<str:public_id>/release/", desk_case.Release.as_view(), name="desk_release"),
    path("desk/<str:public_id>/give/", desk_case.Give.as_view(), name="desk_give"),
    path("desk/<str:public_id>/decide/", desk_case.Decide.as_view(), name="desk_decide"),
    path("desk/<str:public_id>/agree/", desk_case.Agree.as_view(), name="desk_agree"),
    path("desk/<str:public_id>/back/", desk_case.SendBack.as_view(), name="desk_send_back"),
    path("desk/<str:public_id>/correct/", desk_case.Correct.as_view(), name="desk_correct"),
    path(
        "desk/<str:public_id>/correct/end/",
        desk_case.EndCorrection.as_view(),
        name="desk_end_correction",
    ),
    path("desk/<str:public_id>/opinion/", desk_case.AskOpinion.as_view(), name="desk_ask_opinion"),
    path(
        "desk/<str:public_id>/opinion/end/",
        desk_case.EndOpinion.as_view(),
        name="desk_end_opinion",
    ),
    path("desk/<str:public_id>/effect/", desk_case.TryAgain.as_view(), name="desk_try_again"),
    path("desk/<str:public_id>/message/", desk_case.Message.as_view(), name="desk_message"),
    path("desk/<str:public_id>/note/", desk_case.Note.as_view(), name="desk_note"),
    path(
        "desk/<str:public_id>/files/<str:file_id>/",
        desk_case.Paper.as_view(),
        name="desk_paper",
    ),
]
