"""What to do about a name in a pickle that no model needs."""

from typing import Final

_KNOWN: Final = "scikit-learn, LightGBM, NumPy and SciPy"
_SEARCH: Final = "a search keeps more than the model that it found; hand over its best_estimator_"
_BY_MODULE: Final = {
    "joblib": "it was written by joblib; write it with pickle.dump",
    "cloudpickle": "it was written by cloudpickle; write it with pickle.dump, of classes from the libraries alone",
    "dill": "it was written by dill; write it with pickle.dump, of classes from the libraries alone",
    "scipy.stats": f"it asks for scipy.stats, which can run what a pickle tells it: {_SEARCH}",
    "sklearn.metrics": f"it asks for a metric: {_SEARCH}",
    "sklearn.model_selection": f"it holds a search or a split: {_SEARCH}",
    "__main__": f"it asks for a class or function of the script that made it; hand over classes of {_KNOWN} alone",
    "xgboost": "it is XGBoost's; export it with onnxmltools.convert_xgboost and hand over lightgbm_model.onnx",
    "catboost": 'it is CatBoost\'s; export it with model.save_model(file, format="onnx") and hand over lightgbm_model.onnx',
    "keras": "it is Keras's; export it with model.export(file, format=\"onnx\") and hand over deeplearning_model.onnx",
    "tensorflow": "it is TensorFlow's; export it with tf2onnx and hand over deeplearning_model.onnx",
    "torch": "it is PyTorch's; export it with torch.onnx.export and hand over deeplearning_model.onnx",
    "category_encoders": "it is category_encoders'; use scikit-learn's OneHotEncoder, OrdinalEncoder or TargetEncoder",
    "pandas": "it holds pandas objects; hand over the fitted encoder, scaler and model alone",
}  # fmt: skip


def advice_on(module: str, name: str) -> str:
    """A clause on what the pickle asks for and what to hand over instead."""
    for start, advice in _BY_MODULE.items():
        if module == start or module.startswith(start + "."):
            return advice
    return f"it asks for {module}.{name}, which a model has no use for (known are classes of {_KNOWN})"
