"""OpenAI's chat and transcription endpoints, answered by rules."""
