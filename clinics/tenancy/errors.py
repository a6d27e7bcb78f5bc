"""Refusals about who is asking. Told apart only after the right password or token was shown."""

from __future__ import annotations

from dentalogic.core.errors import DomainError


class WrongCredentials(DomainError):
    """Also the answer for an unknown e-mail and for a clinic that the person is no member of."""

    code = "wrong_credentials"
    message = "El correo o la contraseña no son correctos."
    status = 401


class TokenInvalid(DomainError):
    code = "token_invalid"
    message = "La sesión no es válida. Volvé a ingresar."
    status = 401


class TokenExpired(DomainError):
    code = "token_expired"
    message = "La sesión venció."
    status = 401


class SessionEnded(DomainError):
    """The log-in behind the token was ended: logged out, suspended, or a refresh token reused."""

    code = "session_ended"
    message = "La sesión terminó. Volvé a ingresar."
    status = 401


class AccountPending(DomainError):
    code = "account_pending"
    message = "Tu cuenta todavía no fue activada por la dirección de la clínica."
    status = 403


class AccountSuspended(DomainError):
    code = "account_suspended"
    message = "Tu cuenta está suspendida."
    status = 403


class NoMembership(DomainError):
    code = "no_clinic"
    message = "Tu cuenta no pertenece a ninguna clínica."
    status = 403


class ClinicSwitched(DomainError):
    """Another tab of the same browser changed to another clinic."""

    code = "clinic_switched"
    message = "Cambiaste de clínica en otra pestaña. Volvé a cargar la página."


class TooManyAttempts(DomainError):
    """A pause after failed log-ins still runs; `retry_after` are its seconds."""

    code = "throttled"
    message = "Demasiados intentos seguidos. Esperá un poco y probá de nuevo."
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class OtpRequired(DomainError):
    """The password was right; this account also asks for the code of its second step."""

    code = "otp_required"
    message = "Ingresá el código de tu aplicación de autenticación."
    status = 401


class OtpWrong(DomainError):
    """Also the answer for a code that was used already."""

    code = "otp_wrong"
    message = "El código no es correcto o ya se usó."
    status = 401


class OtpState(DomainError):
    """The second step is on where it should be off, or the other way round."""

    code = "otp_state"
    message = "La verificación en dos pasos ya cambió. Volvé a cargar la página."


class LinkUsed(DomainError):
    code = "link_used"
    message = "El enlace ya se usó, venció o no es válido."
    status = 404


class CeoNotRequestable(DomainError):
    code = "ceo_not_requestable"
    message = "La dirección de una clínica no se puede pedir por registro."
    status = 400
